import type { Projection } from '../projection.js';

export const baseModelsProjection: Projection = {
  async apply(transaction, { event, stored }) {
    if (event.type !== 'BaseModelRegistered') return;
    const { name, digest, modules, parameterCount, maxPositions } = event.data;
    await transaction.baseModelView.create({
      data: {
        name,
        digest,
        modules: modules.map((module) => ({ ...module })),
        parameterCount,
        maxPositions,
        registeredAt: stored.recordedAt,
      },
    });
  },
  async clear(transaction) {
    await transaction.baseModelView.deleteMany();
  },
};
