import type { Projection } from '../projection.js';

export const clientsProjection: Projection = {
  version: 1,
  tables: ['client_view'],
  async apply(transaction, { event, stored }) {
    if (event.type !== 'ClientRegistered') return;
    const { name, description } = event.data;
    await transaction.clientView.create({ data: { name, description, registeredAt: stored.recordedAt } });
  },
};
