import type { Projection } from '../projection.js';

export const baseModelsProjection: Projection = {
  version: 2,
  tables: ['base_model_view'],
  async apply(transaction, { event, stored }) {
    if (event.type === 'BaseModelPublished') {
      const { name, manifest } = event.data;
      await transaction.baseModelView.update({ where: { name }, data: { manifest } });
      return;
    }
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
};
