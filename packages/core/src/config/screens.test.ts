import { describe, expect, test } from "vitest";
import { screenOf } from "./fixture.ts";

describe("what a user sees", () => {
  test("all problems of a manifest at once, in the order of the file", () => {
    const text = `app: shop
images:
  web: { buid: ., builder: nod }
services:
  web:
    image: web
    port: 80800
    memroy: 512MB
    health: { interval: 5, timeout: 9s }
    env: { API: "\${services.wbe.url}", 1B: x }
    secrets: { DATABASE_URL: databases.main.ur }
  x_y: { image: "nginx:1" }
databases:
  main: { version: 16 }
release: { before: [migrat] }
tasks:
  migrate: { image: wbe, cpu: 0.25, memory: 3GB }
environments:
  prod: { services: { web: { scale: lots, foo: null } }, acount: 3 }
`;
    expect(screenOf(text)).toMatchInlineSnapshot(`
      "fardel.yaml has 15 problems

      fardel.yaml:3:10  images.web.buid
        3 |   web: { buid: ., builder: nod }
          |          ^^^^
        unknown key "buid"; did you mean "build"?

      fardel.yaml:3:28  images.web.builder
        3 |   web: { buid: ., builder: nod }
          |                            ^^^
        expected node or docker, found "nod"; did you mean "node"?

      fardel.yaml:7:11  services.web.port
        7 |     port: 80800
          |           ^^^^^
        expected a port from 1 to 65535, found 80800

      fardel.yaml:8:5  services.web.memroy
        8 |     memroy: 512MB
          |     ^^^^^^
        unknown key "memroy"; did you mean "memory"?

      fardel.yaml:9:25  services.web.health.interval
        9 |     health: { interval: 5, timeout: 9s }
          |                         ^
        expected a duration from 5s to 5m, found 5
        write 5s

      fardel.yaml:10:17  services.web.env.API
        10 |     env: { API: "\${services.wbe.url}", 1B: x }
           |                 ^^^^^^^^^^^^^^^^^^^^^
        unknown reference \${services.wbe.url}; did you mean \${services.web.url}?
        write $\${ to keep \${ as it is

      fardel.yaml:10:40  services.web.env.1B
        10 |     env: { API: "\${services.wbe.url}", 1B: x }
           |                                        ^^
        expected the name of an environment variable: letters, digits and _, found "1B"

      fardel.yaml:12:3  services.x_y
        12 |   x_y: { image: "nginx:1" }
           |   ^^^
        expected a name of lower-case letters, digits and single hyphens, starting with a letter, at most 24 long, found "x_y"

      fardel.yaml:14:20  databases.main.version
        14 |   main: { version: 16 }
           |                    ^^
        expected a PostgreSQL version such as "16", found 16
        put it in quotes: "16"

      fardel.yaml:15:21  release.before[0]
        15 | release: { before: [migrat] }
           |                     ^^^^^^
        no task "migrat" in this manifest; did you mean "migrate"?

      fardel.yaml:17:21  tasks.migrate.image
        17 |   migrate: { image: wbe, cpu: 0.25, memory: 3GB }
           |                     ^^^
        no image "wbe" in images; did you mean "web"?

      fardel.yaml:17:45  tasks.migrate.memory
        17 |   migrate: { image: wbe, cpu: 0.25, memory: 3GB }
           |                                             ^^^
        Fargate has no such pair: cpu 0.25 goes with 512MB, 1GB or 2GB, found 3GB
        write cpu: 0.25 with memory: 2GB, or cpu: 0.5 with memory: 3GB

      fardel.yaml:19:37  environments.prod.services.web.scale
        19 |   prod: { services: { web: { scale: lots, foo: null } }, acount: 3 }
           |                                     ^^^^
        expected a number of tasks, or a map such as { min: 2, max: 10, cpu: 60 }, found "lots"

      fardel.yaml:19:48  environments.prod.services.web.foo
        19 |   prod: { services: { web: { scale: lots, foo: null } }, acount: 3 }
           |                                                ^^^^
        null removes what stands above, and nothing does
        take the line out

      fardel.yaml:19:58  environments.prod.acount
        19 |   prod: { services: { web: { scale: lots, foo: null } }, acount: 3 }
           |                                                          ^^^^^^
        unknown key "acount"; did you mean "account"?"
    `);
  });

  test("a key one level too high", () => {
    expect(
      screenOf("app: shop\ncluster: prod\nservices: { web: { image: 'nginx:1', grace: 5s } }"),
    ).toMatchInlineSnapshot(`
      "fardel.yaml has 2 problems

      fardel.yaml:2:1  cluster
        2 | cluster: prod
          | ^^^^^^^
        unknown key "cluster"
        it belongs under environments.<name>

      fardel.yaml:3:38  services.web.grace
        3 | services: { web: { image: 'nginx:1', grace: 5s } }
          |                                      ^^^^^
        unknown key "grace"
        it belongs under health"
    `);
  });

  test("empty values and wrong kinds", () => {
    const text = `app:
images: []
services:
  web: nginx
  api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
environments: [local]
`;
    expect(screenOf(text)).toMatchInlineSnapshot(`
      "fardel.yaml has 9 problems

      fardel.yaml:1:5  app
        1 | app:
          |     ^
        expected a name of lower-case letters, digits and single hyphens, starting with a letter, at most 24 long, found nothing
        write a value, or take the key out

      fardel.yaml:2:9  images
        2 | images: []
          |         ^
        expected a map, found a list

      fardel.yaml:4:8  services.web
        4 |   web: nginx
          |        ^^^^^
        expected a map, found "nginx"

      fardel.yaml:5:37  services.api.command
        5 |   api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
          |                                     ^^^^^^^^^^^^^^
        expected a list of words, such as [node, server.js], found "node server.js"

      fardel.yaml:5:58  services.api.env
        5 |   api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
          |                                                          ^
        expected a map of environment variables, found a list

      fardel.yaml:5:72  services.api.scale
        5 |   api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
          |                                                                        ^
        expected a number of tasks, or a map such as { min: 2, max: 10, cpu: 60 }, found nothing
        write a value, or take the key out

      fardel.yaml:5:80  services.api.port
        5 |   api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
          |                                                                                ^^^^
        expected a port from 1 to 65535, found "80"

      fardel.yaml:5:93  services.api.route
        5 |   api: { image: "nginx:1", command: node server.js, env: [A=b], scale: , port: "80", route: yes }
          |                                                                                             ^^^
        expected a map, found "yes"

      fardel.yaml:6:15  environments
        6 | environments: [local]
          |               ^
        expected a map of environments by name, found a list
        write local: {}"
    `);
  });

  test("names, counts and references that don't fit together", () => {
    const text = `app: shop
images:
  api: { build: ./api, target: server }
  gone: { build: ./gone }
  both: { build: ., builder: docker, base: "node:24" }
services:
  web: { image: api, port: 80, route: {}, scale: { min: 3, max: 2 }, health: { timeout: 5s } }
  again: { image: ap, port: 81, route: { path: /* }, scale: { max: 4 } }
  lone: { image: api, route: {}, command: [echo, "\${commit}"], health: {}, scale: { max: 4, requests: 10 } }
  web2: { image: api, env: { A: b }, secrets: { A: key }, rollout: { strategy: canary, earlySuccess: 50, check: /x } }
tasks:
  web: { image: "nginx:1", schedule: "* *", timezone: Mars/Olympus, capacity: { spot: 101 } }
  job: { image: "nginx:1", sidecars: { log: { image: "fluent:1" }, job: { image: "x:1" } }, dependsOn: { log: healthy, lag: start } }
release: { order: [[web], [web]], tags: ["{envronment}", "a b"], together: [[webb]] }
environments:
  local: { account: "123456789012" }
  one: { cluster: shared }
  two: { cluster: shared }
  Three: {}
`;
    expect(screenOf(text)).toMatchInlineSnapshot(`
      "fardel.yaml has 26 problems

      fardel.yaml:3:24  images.api.target
        3 |   api: { build: ./api, target: server }
          |                        ^^^^^^
        "target" belongs to builder docker, and this image has builder node

      fardel.yaml:4:18  images.gone.build
        4 |   gone: { build: ./gone }
          |                  ^^^^^^
        there is no directory ./gone beside the manifest

      fardel.yaml:5:38  images.both.base
        5 |   both: { build: ., builder: docker, base: "node:24" }
          |                                      ^^^^
        "base" belongs to builder node, and this image has builder docker

      fardel.yaml:7:65  services.web.scale.max
        7 |   web: { image: api, port: 80, route: {}, scale: { min: 3, max: 2 }, health: { timeout: 5s } }
          |                                                                 ^
        expected max to be at least min, found 2 and 3

      fardel.yaml:7:89  services.web.health.timeout
        7 |   web: { image: api, port: 80, route: {}, scale: { min: 3, max: 2 }, health: { timeout: 5s } }
          |                                                                                         ^^
        expected the timeout to be shorter than the interval, found 5s and 5s

      fardel.yaml:8:19  services.again.image
        8 |   again: { image: ap, port: 81, route: { path: /* }, scale: { max: 4 } }
          |                   ^^
        no image "ap" in images; did you mean "api"?

      fardel.yaml:8:33  services.again.route
        8 |   again: { image: ap, port: 81, route: { path: /* }, scale: { max: 4 } }
          |                                 ^^^^^
        services web and again both ask for any host /*
        give one of them another host or path

      fardel.yaml:8:63  services.again.scale.max
        8 |   again: { image: ap, port: 81, route: { path: /* }, scale: { max: 4 } }
          |                                                               ^^^
        between 1 and 4 tasks something has to decide
        add cpu: 60, or memory, requests or queue

      fardel.yaml:9:23  services.lone.route
        9 |   lone: { image: api, route: {}, command: [echo, "\${commit}"], health: {}, scale: { max: 4, requests: 10 } }
          |                       ^^^^^
        a route needs a port to send requests to
        write port: beside route:

      fardel.yaml:9:23  services.lone.route
        9 |   lone: { image: api, route: {}, command: [echo, "\${commit}"], health: {}, scale: { max: 4, requests: 10 } }
          |                       ^^^^^
        services web and lone both ask for any host /*
        give one of them another host or path

      fardel.yaml:9:50  services.lone.command[1]
        9 |   lone: { image: api, route: {}, command: [echo, "\${commit}"], health: {}, scale: { max: 4, requests: 10 } }
          |                                                  ^^^^^^^^^^^
        \${commit} can't stand here: it is known only when the release is made
        use it in env:, and read the variable in the container

      fardel.yaml:10:49  services.web2.secrets.A
        10 |   web2: { image: api, env: { A: b }, secrets: { A: key }, rollout: { strategy: canary, earlySuccess: 50, check
           |                                                 ^
        A stands in env too
        keep one of them

      fardel.yaml:10:80  services.web2.rollout.strategy
        10 |   web2: { image: api, env: { A: b }, secrets: { A: key }, rollout: { strategy: canary, earlySuccess: 50, check
           |                                                                                ^^^^^^
        canary shifts requests step by step, and this service has no route

      fardel.yaml:10:88  services.web2.rollout.earlySuccess
        10 |   web2: { image: api, env: { A: b }, secrets: { A: key }, rollout: { strategy: canary, earlySuccess: 50, check
           |                                                                                        ^^^^^^^^^^^^
        "earlySuccess" belongs to strategy rolling, and this one is canary

      fardel.yaml:10:113  services.web2.rollout.check
        10 | 2: { image: api, env: { A: b }, secrets: { A: key }, rollout: { strategy: canary, earlySuccess: 50, check: /x
           |                                                                                                            ^^
        a path is checked through the load balancer, and this service has no route

      fardel.yaml:12:87  tasks.web.capacity.spot
        12 |   web: { image: "nginx:1", schedule: "* *", timezone: Mars/Olympus, capacity: { spot: 101 } }
           |                                                                                       ^^^
        expected a percentage from 0 to 100, found 101

      fardel.yaml:13:68  tasks.job.sidecars.job
        13 |   job: { image: "nginx:1", sidecars: { log: { image: "fluent:1" }, job: { image: "x:1" } }, dependsOn: { log:
           |                                                                    ^^^
        a sidecar can't have the name of its task

      fardel.yaml:13:106  tasks.job.dependsOn.log
        13 |   job: { image: "nginx:1", sidecars: { log: { image: "fluent:1" }, job: { image: "x:1" } }, dependsOn: { log:
           |                                                                                                          ^^^
        log has no health check to wait for

      fardel.yaml:13:120  tasks.job.dependsOn.lag
        13 | e: "nginx:1", sidecars: { log: { image: "fluent:1" }, job: { image: "x:1" } }, dependsOn: { log: healthy, lag:
           |                                                                                                           ^^^
        no container "lag" beside job; did you mean "log"?

      fardel.yaml:14:28  release.order[1][0]
        14 | release: { order: [[web], [web]], tags: ["{envronment}", "a b"], together: [[webb]] }
           |                            ^^^
        "web" stands here twice
        keep one of them

      fardel.yaml:14:42  release.tags[0]
        14 | release: { order: [[web], [web]], tags: ["{envronment}", "a b"], together: [[webb]] }
           |                                          ^^^^^^^^^^^^^^
        unknown {envronment}; did you mean "environment"?
        known are {environment}, {commit}, {branch}, {tag}, {pr}, {service} or {release}

      fardel.yaml:14:58  release.tags[1]
        14 | release: { order: [[web], [web]], tags: ["{envronment}", "a b"], together: [[webb]] }
           |                                                          ^^^^^
        expected an image tag (letters, digits, _ . -), found "a b"

      fardel.yaml:14:78  release.together[0][0]
        14 | release: { order: [[web], [web]], tags: ["{envronment}", "a b"], together: [[webb]] }
           |                                                                              ^^^^
        no service or task "webb" in this manifest; did you mean "web"?

      fardel.yaml:16:12  environments.local.account
        16 |   local: { account: "123456789012" }
           |            ^^^^^^^
        local is the embedded region: it has no account to check

      fardel.yaml:18:3  environments.two
        18 |   two: { cluster: shared }
           |   ^^^
        environments one and two are both in cluster shared, and would share everything
        give one of them another cluster, region or account

      fardel.yaml:19:3  environments.Three
        19 |   Three: {}
           |   ^^^^^
        expected a name of lower-case letters, digits and single hyphens, starting with a letter, at most 24 long, found "Three""
    `);
  });

  test("a health check that doesn't go with the route there is", () => {
    const text = `app: shop
services:
  web: { image: "nginx:1", port: 80, route: {}, health: { command: [ok] } }
  worker: { image: "nginx:1", health: { interval: 5s } }
  indexer: { image: "nginx:1", health: { command: [ok], path: /, grace: 10m } }
`;
    expect(screenOf(text)).toMatchInlineSnapshot(`
      "fardel.yaml has 4 problems

      fardel.yaml:3:59  services.web.health.command
        3 |   web: { image: "nginx:1", port: 80, route: {}, health: { command: [ok] } }
          |                                                           ^^^^^^^
        a service with a route is checked by its path

      fardel.yaml:4:31  services.worker.health
        4 |   worker: { image: "nginx:1", health: { interval: 5s } }
          |                               ^^^^^^
        without a route there is no path to ask: the check is a command
        write command: beside it, or give the service a route

      fardel.yaml:5:57  services.indexer.health.path
        5 |   indexer: { image: "nginx:1", health: { command: [ok], path: /, grace: 10m } }
          |                                                         ^^^^
        this belongs to the load balancer's check, and this service has no route

      fardel.yaml:5:73  services.indexer.health.grace
        5 |   indexer: { image: "nginx:1", health: { command: [ok], path: /, grace: 10m } }
          |                                                                         ^^^
        expected 5m at most for a service without a route, found 600s"
    `);
  });

  test("CPU and memory that Fargate doesn't pair", () => {
    const services = `
  a: { image: "nginx:1", cpu: 0.25, memory: 3GB }
  b: { image: "nginx:1", cpu: 4 }
  c: { image: "nginx:1", cpu: 256 }
  d: { image: "nginx:1", memory: 512 }`;
    expect(screenOf(`app: shop\nservices:${services}`)).toMatchInlineSnapshot(`
      "fardel.yaml has 4 problems

      fardel.yaml:3:45  services.a.memory
        3 |   a: { image: "nginx:1", cpu: 0.25, memory: 3GB }
          |                                             ^^^
        Fargate has no such pair: cpu 0.25 goes with 512MB, 1GB or 2GB, found 3GB
        write cpu: 0.25 with memory: 2GB, or cpu: 0.5 with memory: 3GB

      fardel.yaml:4:31  services.b.cpu
        4 |   b: { image: "nginx:1", cpu: 4 }
          |                               ^
        Fargate has no such pair: cpu 4 goes with 8GB to 30GB in steps of 1GB, found 512MB (the default)
        write cpu: 4 with memory: 8GB, or cpu: 0.25 with memory: 512MB

      fardel.yaml:5:31  services.c.cpu
        5 |   c: { image: "nginx:1", cpu: 256 }
          |                               ^^^
        expected vCPU in one of Fargate's sizes: 0.25, 0.5, 1, 2, 4, 8 or 16, found 256
        write 0.25

      fardel.yaml:6:34  services.d.memory
        6 |   d: { image: "nginx:1", memory: 512 }
          |                                  ^^^
        expected a size with a unit, such as 512MB or 1GB, found 512
        write 512MB"
    `);
  });

  test("names that AWS doesn't take", () => {
    const routed = (app: string) => `app: ${app}
services:
  a-service: { image: "nginx:1", port: 80, route: {} }
  Web: { image: "nginx:1" }
environments: { production: { cluster: production-one } }
`;
    expect(screenOf(routed("a-rather-long-app-name"))).toMatchInlineSnapshot(`
      "fardel.yaml has 2 problems

      fardel.yaml:4:3  services.Web
        4 |   Web: { image: "nginx:1" }
          |   ^^^
        expected a name of lower-case letters, digits and single hyphens, starting with a letter, at most 24 long, found "Web"

      fardel.yaml:5:40  environments.production.cluster
        5 | environments: { production: { cluster: production-one } }
          |                                        ^^^^^^^^^^^^^^
        the load balancer's name a-rather-long-app-name-production-one has 37 characters, and AWS allows 32
        shorten the app's or the cluster's name"
    `);
    expect(screenOf(routed("internal"))).toContain("AWS keeps internal- for itself");
  });

  test("a long line is shown around the problem, control characters as such", () => {
    const filler = "x".repeat(200);
    const text = `app: shop\nservices: { web: { image: "nginx:1", env: { A: "${filler}\u001b[31m", B: ~ } } }`;
    expect(screenOf(text)).toMatchInlineSnapshot(`
      "fardel.yaml has a problem

      fardel.yaml:2:260  services.web.env.B
        2 | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx�[31m", B: ~
          |                                                                                                             ^
        expected text, a number, or true or false, found nothing
        write a value, or take the key out"
    `);
  });
});
