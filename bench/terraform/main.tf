# The web service of deploys.ts, as Terraform describes it; what it stands on is there already.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "image" { type = string }
variable "cluster" { type = string }
variable "subnets" { type = list(string) }
variable "security_groups" { type = list(string) }
variable "execution_role" { type = string }
variable "log_group" { type = string }
variable "vpc" { type = string }
variable "listener" { type = string }

resource "aws_lb_target_group" "web" {
  name                 = "terraform"
  port                 = 3000
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = var.vpc
  deregistration_delay = 4
  health_check {
    path                = "/healthz"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener_rule" "web" {
  listener_arn = var.listener
  priority     = 900
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  condition {
    host_header { values = ["terraform.test"] }
  }
}

resource "aws_ecs_task_definition" "web" {
  family                   = "terraform-web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = var.execution_role
  container_definitions = jsonencode([{
    name         = "web"
    image        = var.image
    command      = ["node", "server.js"]
    portMappings = [{ containerPort = 3000 }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_group
        awslogs-region        = "eu-west-1"
        awslogs-stream-prefix = "terraform"
      }
    }
  }])
}

resource "aws_ecs_service" "web" {
  name                  = "terraform-web"
  cluster               = var.cluster
  task_definition       = aws_ecs_task_definition.web.arn
  desired_count         = 1
  launch_type           = "FARGATE"
  wait_for_steady_state = true
  network_configuration {
    subnets         = var.subnets
    security_groups = var.security_groups
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.web.arn
    container_name   = "web"
    container_port   = 3000
  }
  depends_on = [aws_lb_listener_rule.web]
}
