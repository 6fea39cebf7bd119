-- AlterTable
ALTER TABLE "federation_view" ADD COLUMN     "baseline_accuracy" DOUBLE PRECISION,
ADD COLUMN     "best_accuracy" DOUBLE PRECISION,
ADD COLUMN     "best_score" DOUBLE PRECISION,
ADD COLUMN     "last_accuracy" DOUBLE PRECISION;

-- AlterTable
ALTER TABLE "outcome_view" ADD COLUMN     "choice_accuracy" DOUBLE PRECISION,
ADD COLUMN     "perplexity" DOUBLE PRECISION,
ALTER COLUMN "rouge_l" DROP NOT NULL;

-- Federations projected so far measured ROUGE-L at every client
UPDATE "federation_view" SET "best_score" = "best_rouge_l";
