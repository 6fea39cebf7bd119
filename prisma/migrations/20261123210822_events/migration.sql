-- CreateTable
CREATE TABLE "event" (
    "position" BIGSERIAL NOT NULL,
    "id" UUID NOT NULL,
    "stream" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "schema_version" INTEGER NOT NULL,
    "data" JSONB NOT NULL,
    "metadata" JSONB NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "transaction_id" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "event_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "name" TEXT NOT NULL,
    "transaction_id" xid8 NOT NULL,
    "position" BIGINT NOT NULL,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "base_model_view" (
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "modules" JSONB NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "max_positions" INTEGER NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "base_model_view_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "client_view" (
    "name" TEXT NOT NULL,
    "description" TEXT,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "client_view_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "federation_view" (
    "id" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "reason" TEXT,
    "base_model" TEXT NOT NULL,
    "clients" TEXT[],
    "round" INTEGER NOT NULL,
    "rounds" INTEGER NOT NULL,
    "baseline_rouge_l" DOUBLE PRECISION,
    "last_rouge_l" DOUBLE PRECISION,
    "best_rouge_l" DOUBLE PRECISION,
    "best_round" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "federation_view_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outcome_view" (
    "federation_id" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "client" TEXT NOT NULL,
    "rouge_l" DOUBLE PRECISION NOT NULL,
    "validation_loss" DOUBLE PRECISION NOT NULL,
    "test_loss" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "outcome_view_pkey" PRIMARY KEY ("federation_id","round","client")
);

-- CreateIndex
CREATE UNIQUE INDEX "event_id_key" ON "event"("id");

-- CreateIndex
CREATE INDEX "event_transaction_id_position_idx" ON "event"("transaction_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "event_stream_version_key" ON "event"("stream", "version");

-- CreateIndex
CREATE UNIQUE INDEX "federation_view_position_key" ON "federation_view"("position");

-- CreateIndex
CREATE INDEX "federation_view_status_position_idx" ON "federation_view"("status", "position");

-- AddForeignKey
ALTER TABLE "outcome_view" ADD CONSTRAINT "outcome_view_federation_id_fkey" FOREIGN KEY ("federation_id") REFERENCES "federation_view"("id") ON DELETE CASCADE ON UPDATE CASCADE;
