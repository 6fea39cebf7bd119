-- AlterTable
ALTER TABLE "base_model_view" ADD COLUMN     "manifest" TEXT;
