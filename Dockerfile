FROM node:24-slim AS dependencies
WORKDIR /berth
COPY package.json package-lock.json .npmrc ./
COPY packages/domain/package.json packages/domain/
COPY packages/engine/package.json packages/engine/
COPY packages/scheduler/package.json packages/scheduler/
COPY packages/server/package.json packages/server/
RUN npm ci --workspace=@berth/server --workspace=@berth/scheduler --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /berth
COPY --from=dependencies /berth/node_modules node_modules
COPY package.json ./
COPY packages/domain packages/domain
COPY packages/engine packages/engine
COPY packages/server packages/server
COPY packages/scheduler packages/scheduler
COPY scripts/migrate.ts scripts/migrate.ts
USER node
EXPOSE 3000
CMD ["node", "packages/server/src/NodeMain.ts"]
