export { type Client, createClient, type OutputPiece, outputFileAddress, type Transport } from './client.ts';
export { type DashboardPage, dashboardPages, dashboardPaths, type TaskPart, taskParts } from './dashboard-paths.ts';
export { type Endpoint, type EndpointName, endpoints, longestPiece } from './endpoints.ts';
export { httpStatus } from './http-status.ts';
export { createLive, type Live, type LiveFollower, type LiveSocket, livePath } from './live.ts';
export {
  apiVersion,
  type EventPage,
  eventPageSchema,
  type Fleet,
  gapSchema,
  type LiveActivity,
  liveActivitySchema,
  liveEventsSchema,
  type Machine,
  type Problem,
  problemSchema,
  type ServerInfo,
  type ServerState,
  type Settle,
  type Subscribed,
  serverInfoSchema,
  subscribedSchema,
  subscribeSchema,
  type TaskPage,
  type TaskQuery,
  type TaskSummary,
  type Topic,
  taskPageSchema,
  taskSummarySchema,
  topicSchema,
  unsubscribeSchema,
  type WatchItem,
} from './schemas.ts';
