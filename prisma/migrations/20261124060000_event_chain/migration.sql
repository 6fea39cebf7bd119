-- A hash chain over the log, positions in the order of commits, and idempotency keys (docs/event-store.md)

-- AlterTable
ALTER TABLE "event" ADD COLUMN "idempotency_key" TEXT,
ADD COLUMN "previous_hash" BYTEA,
ADD COLUMN "hash" BYTEA;

-- CreateTable: where the log ends. Its lock, held until an append commits, makes appends one after another.
CREATE TABLE "event_head" (
    "only" BOOLEAN NOT NULL DEFAULT true CHECK ("only"),
    "position" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "event_head_pkey" PRIMARY KEY ("only")
);

-- SHA-256 of the hash before and of every other column, as text that depends on no setting of the session.
CREATE FUNCTION "event_hash"("of_event" "event") RETURNS BYTEA LANGUAGE sql STABLE AS $$
  SELECT sha256(of_event.previous_hash || convert_to(jsonb_build_array(
    of_event.position, of_event.id, of_event.stream, of_event.version, of_event.type, of_event.schema_version,
    of_event.data, of_event.metadata, (extract(epoch FROM of_event.recorded_at) * 1000)::bigint,
    of_event.idempotency_key
  )::text, 'UTF8'))
$$;

-- Events that are there already are chained in the order of their positions, after 32 zero bytes.
DO $$
DECLARE
  chained "event";
  last_position BIGINT := 0;
  last_hash BYTEA := decode(repeat('00', 32), 'hex');
BEGIN
  FOR chained IN SELECT * FROM "event" ORDER BY "position" LOOP
    chained.previous_hash := last_hash;
    chained.hash := event_hash(chained);
    UPDATE "event" SET "previous_hash" = chained.previous_hash, "hash" = chained.hash
    WHERE "position" = chained.position;
    last_position := chained.position;
    last_hash := chained.hash;
  END LOOP;
  INSERT INTO "event_head" ("position", "hash") VALUES (last_position, last_hash);
END
$$;

-- Readers followed (transaction, position); now they follow positions alone. One that had not come to the end goes back
-- to the first event that it had not seen.
ALTER TABLE "checkpoint" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 0;
UPDATE "checkpoint" SET "position" = coalesce(
  (SELECT min("event"."position") - 1 FROM "event"
   WHERE ("event"."transaction_id", "event"."position") > ("checkpoint"."transaction_id", "checkpoint"."position")),
  (SELECT "position" FROM "event_head"));
ALTER TABLE "checkpoint" DROP COLUMN "transaction_id";

-- DropIndex, AlterTable
DROP INDEX "event_transaction_id_position_idx";
ALTER TABLE "event" DROP COLUMN "transaction_id",
ALTER COLUMN "previous_hash" SET NOT NULL,
ALTER COLUMN "hash" SET NOT NULL,
ALTER COLUMN "position" DROP DEFAULT;
DROP SEQUENCE "event_position_seq";

-- CreateIndex
CREATE UNIQUE INDEX "event_idempotency_key_key" ON "event"("idempotency_key");

-- Whoever inserts, the log decides on position and hashes.
CREATE FUNCTION "chain_event"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  head "event_head";
BEGIN
  SELECT * INTO STRICT head FROM event_head FOR UPDATE;
  NEW.position := head.position + 1;
  NEW.previous_hash := head.hash;
  NEW.hash := event_hash(NEW);
  UPDATE event_head SET position = NEW.position, hash = NEW.hash;
  RETURN NEW;
END
$$;
CREATE TRIGGER "event_is_chained" BEFORE INSERT ON "event" FOR EACH ROW EXECUTE FUNCTION "chain_event"();

CREATE FUNCTION "refuse_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are added, never changed: % refused', TG_OP;
END
$$;
CREATE TRIGGER "event_never_changes" BEFORE UPDATE OR DELETE OR TRUNCATE ON "event"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
