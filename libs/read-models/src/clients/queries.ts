import type { PrismaClient } from '@fedamole/event-store';

export interface ClientRecord {
  name: string;
  description: string | null;
  registeredAt: Date;
}

/** All clients by name. */
export async function listClients(prisma: PrismaClient): Promise<ClientRecord[]> {
  return prisma.clientView.findMany({ orderBy: { name: 'asc' } });
}
