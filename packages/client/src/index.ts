export { type Client, createClient, type Transport } from './client.ts';
export {
  apiVersion,
  appliedSchema,
  httpStatus,
  leavingSchema,
  type Problem,
  problemSchema,
  type ServerState,
  serverStateSchema,
  type TaskSummary,
  taskListSchema,
  taskSummarySchema,
  type WatchItem,
  watchItemSchema,
} from './schemas.ts';
