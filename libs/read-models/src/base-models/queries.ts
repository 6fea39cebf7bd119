import type { PrismaClient } from '@fedamole/event-store';
import { adaptedModule } from '@fedamole/federation';
import { z } from 'zod';

export interface BaseModelRecord {
  name: string;
  digest: string;
  modules: z.infer<typeof adaptedModule>[];
  parameterCount: number;
  maxPositions: number;
  manifest: string | null;
  registeredAt: Date;
}

/** All base models by name. */
export async function listBaseModels(prisma: PrismaClient): Promise<BaseModelRecord[]> {
  const rows = await prisma.baseModelView.findMany({ orderBy: { name: 'asc' } });
  return rows.map((row) => ({
    ...row,
    modules: z.array(adaptedModule).parse(row.modules),
    parameterCount: Number(row.parameterCount),
  }));
}
