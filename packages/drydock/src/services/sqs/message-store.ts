import { randomUUID } from "node:crypto";
import type { StatementSync } from "node:sqlite";
import { deserialize, serialize } from "../../store/json.ts";
import type { Store } from "../../store/store.ts";
import type { MessageAttributes } from "./message-attributes.ts";

export interface NewMessage {
  queue: string;
  messageId: string;
  body: string;
  attributes: MessageAttributes;
  traceHeader?: string;
  senderId: string;
  sent: number;
  /** When it can first be received. */
  visible: number;
  groupId?: string;
  deduplicationId?: string;
}

export interface StoredMessage extends NewMessage {
  /** Grows with arrival; nothing else orders a queue. */
  id: number;
  /** The random part of the last receipt handle; none while it was never received in this queue. */
  receipt?: string;
  /** "The number of times a message has been received across all queues but not deleted." */
  receiveCount: number;
  /** Of these, those in the queue that it is in: what `maxReceiveCount` counts. */
  receivedHere: number;
  firstReceived?: number;
  deadLetterSource?: string;
}

export interface MessageCounts {
  visible: number;
  inFlight: number;
  delayed: number;
}

/**
 * In a FIFO queue a message waits for those of its group that are in flight, and for earlier ones that are delayed:
 * "messages that belong to the same message group are always processed one by one, in a strict order".
 */
const notBlocked = `NOT EXISTS (SELECT 1 FROM sqs_messages AS other WHERE other.queue = message.queue
  AND other.group_id = message.group_id AND other.visible > ?2 AND (other.receipt IS NOT NULL OR other.id < message.id))`;

/** The messages of every queue, in a table of their own with the indexes that receiving needs. */
export class MessageStore {
  private readonly store: Store;
  private readonly statements = new Map<string, StatementSync>();

  constructor(store: Store) {
    this.store = store;
    store.database.exec(`
      CREATE TABLE IF NOT EXISTS sqs_messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, group_id TEXT, sent INTEGER NOT NULL,
        visible INTEGER NOT NULL, receipt TEXT, message TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS sqs_messages_by_queue ON sqs_messages (queue, id);
      CREATE INDEX IF NOT EXISTS sqs_messages_by_visibility ON sqs_messages (queue, visible);
      CREATE INDEX IF NOT EXISTS sqs_messages_by_group ON sqs_messages (queue, group_id, id);
      CREATE TABLE IF NOT EXISTS sqs_deduplication (
        queue TEXT NOT NULL, scope TEXT NOT NULL, deduplication_id TEXT NOT NULL, message_id TEXT NOT NULL,
        sequence INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (queue, scope, deduplication_id)
      ) WITHOUT ROWID;
    `);
  }

  /** Its place in the order of arrival. */
  add(message: NewMessage): number {
    const stored = { ...message, receiveCount: 0, receivedHere: 0 };
    const sql = "INSERT INTO sqs_messages (queue, group_id, sent, visible, message) VALUES (?, ?, ?, ?, ?)";
    const { queue, groupId = null, sent, visible } = message;
    return Number(this.prepared(sql).run(queue, groupId, sent, visible, serialize(stored)).lastInsertRowid);
  }

  get(id: number): StoredMessage | undefined {
    const row = this.prepared("SELECT * FROM sqs_messages WHERE id = ?").get(id);
    return row && toMessage(row);
  }

  /** Keeps what has changed of a message. */
  put({ id, ...message }: StoredMessage): void {
    const sql =
      "UPDATE sqs_messages SET queue = ?, group_id = ?, sent = ?, visible = ?, receipt = ?, message = ? WHERE id = ?";
    const { queue, groupId = null, sent, visible, receipt = null } = message;
    this.prepared(sql).run(queue, groupId, sent, visible, receipt, serialize(message), id);
  }

  delete(id: number): void {
    this.prepared("DELETE FROM sqs_messages WHERE id = ?").run(id);
  }

  /** Messages that can be received now, in the order of their arrival. */
  receivable(queue: string, now: number, limit: number): StoredMessage[] {
    const sql = `SELECT * FROM sqs_messages AS message WHERE queue = ?1 AND visible <= ?2
      AND (group_id IS NULL OR ?4 = 0 OR ${notBlocked}) ORDER BY id LIMIT ?3`;
    const isFifo = queue.endsWith(".fifo") ? 1 : 0;
    return this.prepared(sql).all(queue, now, limit, isFifo).map(toMessage);
  }

  /** When the next of those that can't be received now becomes visible. */
  nextVisible(queue: string, now: number): number | undefined {
    const sql = "SELECT min(visible) AS next FROM sqs_messages WHERE queue = ? AND visible > ?";
    const next = this.prepared(sql).get(queue, now)?.next;
    return typeof next === "number" ? next : undefined;
  }

  count(queue: string, now: number): MessageCounts {
    const sql = `SELECT count(*) FILTER (WHERE visible <= ?2) AS visible,
      count(*) FILTER (WHERE visible > ?2 AND receipt IS NOT NULL) AS in_flight,
      count(*) FILTER (WHERE visible > ?2 AND receipt IS NULL) AS delayed FROM sqs_messages WHERE queue = ?1`;
    const row = this.prepared(sql).get(queue, now);
    return { visible: Number(row?.visible), inFlight: Number(row?.in_flight), delayed: Number(row?.delayed) };
  }

  all(queue: string): StoredMessage[] {
    return this.prepared("SELECT * FROM sqs_messages WHERE queue = ? ORDER BY id").all(queue).map(toMessage);
  }

  /** Drops what was sent before `instant`. */
  expire(queue: string, instant: number): void {
    this.prepared("DELETE FROM sqs_messages WHERE queue = ? AND sent < ?").run(queue, instant);
  }

  clear(queue: string): void {
    this.prepared("DELETE FROM sqs_messages WHERE queue = ?").run(queue);
  }

  /** A queue's messages and what was remembered of them. */
  forget(queue: string): void {
    this.clear(queue);
    this.prepared("DELETE FROM sqs_deduplication WHERE queue = ?").run(queue);
  }

  /** What an earlier message with this deduplication id was told, while that is remembered. */
  duplicate(key: { queue: string; scope: string; deduplicationId: string }, now: number) {
    const sql = `SELECT message_id, sequence FROM sqs_deduplication
      WHERE queue = ? AND scope = ? AND deduplication_id = ? AND until > ?`;
    const row = this.prepared(sql).get(key.queue, key.scope, key.deduplicationId, now);
    return row && { messageId: String(row.message_id), sequence: Number(row.sequence) };
  }

  remember(
    key: { queue: string; scope: string; deduplicationId: string },
    sent: { messageId: string; sequence: number },
    { now, until }: { now: number; until: number },
  ): void {
    this.prepared("DELETE FROM sqs_deduplication WHERE queue = ? AND until <= ?").run(key.queue, now);
    this.prepared("INSERT OR REPLACE INTO sqs_deduplication VALUES (?, ?, ?, ?, ?, ?)").run(
      key.queue,
      key.scope,
      key.deduplicationId,
      sent.messageId,
      sent.sequence,
      until,
    );
  }

  transaction<R>(work: () => R): R {
    return this.store.transaction(work);
  }

  private prepared(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.store.database.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

/** A receipt that no earlier one equals. */
export function newReceipt(): string {
  return randomUUID();
}

function toMessage(row: Record<string, unknown>): StoredMessage {
  return { ...(deserialize(String(row.message)) as Omit<StoredMessage, "id">), id: Number(row.id) };
}
