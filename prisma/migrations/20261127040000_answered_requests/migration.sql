-- Requests under an idempotency key that lead to no event

-- CreateTable
CREATE TABLE "answered_request" (
    "idempotency_key" TEXT NOT NULL,
    "request_digest" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answer" JSONB,

    CONSTRAINT "answered_request_pkey" PRIMARY KEY ("idempotency_key")
);
