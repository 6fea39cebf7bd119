import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Prisma downloads its schema engine unless told where one is; ours runs the same engine from the npm registry.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('./prisma/schema-engine.mjs', import.meta.url));

const url = process.env.DATABASE_URL;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(url ? { datasource: { url } } : {}),
});
