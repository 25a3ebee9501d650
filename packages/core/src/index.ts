export { applyEdits, editsByPath } from './changes/apply-edits.ts';
export { isInterruption } from './errors/interruption.ts';
export {
  type ErrorCode,
  type ErrorRecord,
  errorCodes,
  fromErrorRecord,
  isErrorCode,
  NovaError,
  toNovaError,
} from './errors/nova-error.ts';
export { refusedField, refusedShape } from './errors/refused-shape.ts';
export { type EventData, type EventType, eventCatalogue } from './events/catalogue.ts';
export { type NewEvent, type RecordedEvent, recordedEventSchema } from './events/envelope.ts';
export {
  createEventReader,
  type EventReader,
  type EventShapes,
  type Upcaster,
  upcasters,
} from './events/upcasters.ts';
export { maskText, maskValue } from './masking/masking.ts';
export { type DataFolder, dataFolder, isKernelFolder } from './runtime/data-folder.ts';
export { type Budget, type Clock, type Ids, systemClock } from './runtime/runtime.ts';
export type { CallContext, ToolAnswer, ToolCaller } from './tools/call.ts';
export {
  branchApply,
  branchDeliver,
  bundleImport,
  changeCommit,
  changePreview,
  changeReview,
  codeReview,
  environmentPrepare,
  gatePrepare,
  hostTools,
  repairEvaluate,
  repairLocalise,
  repairMinimise,
  repairPropose,
  sandboxTools,
  taskRelease,
  testsRun,
  workspaceCapture,
} from './tools/catalogue.ts';
export {
  type HostActivity,
  type HostCallParams,
  type HostCallResult,
  hostActivity,
  hostCallParams,
  hostCallResult,
  hostCancelParams,
  hostHelloResult,
  hostOutputParams,
  hostOutputResult,
  hostProtocolVersion,
  hostSubjects,
} from './tools/host-protocol.ts';
export {
  attachmentPrefix,
  callParams,
  callResult,
  cancelParams,
  forgetParams,
  helloParams,
  helloResult,
  hostLossSeconds,
  outputForwardBytes,
  outputParams,
  progressParams,
  type RunnerCallResult,
  type RunnerStart,
  runnerMethods,
  runnerProtocolVersion,
  runnerStartSchema,
} from './tools/runner-protocol.ts';
export { defineTool, type RepeatClass, type ToolManifest } from './tools/tool.ts';
export { emptyFleet, type FleetView, foldFleet, type InstanceView, isFleetEvent } from './views/fleet-view.ts';
export {
  foldReplay,
  type ReplayedCall,
  type ReplayedMoment,
  type ReplayedStage,
  type ReplayedTurn,
} from './views/replay.ts';
export { eventData, type TaskSummary } from './views/task-summary.ts';
export { type CallView, foldTask, type StageView, type TaskView } from './views/task-view.ts';
export {
  type Candidate,
  candidateSchema,
  type Finding,
  findingSchema,
  type Localisation,
  localisationSchema,
  type Suspect,
  suspectSchema,
  type TextEdit,
  textEditSchema,
  type Verdict,
  verdictSchema,
} from './vocabulary/repair.ts';
export {
  countFindings,
  type Examined,
  examinedSchema,
  type FindingCounts,
  findingCountsSchema,
} from './vocabulary/review.ts';
export {
  type Isolation,
  isolationSchema,
  type SandboxDriverName,
  type SandboxLimits,
  type SandboxSpec,
  sandboxDriverSchema,
  sandboxLimitsSchema,
  sandboxSpecSchema,
} from './vocabulary/sandbox.ts';
export { type SarifLog, sarifOf } from './vocabulary/sarif.ts';
export {
  dependencySourceSchema,
  type FixRequest,
  fixRequestSchema,
  type GateCheck,
  gateCheckSchema,
  type Priority,
  prioritySchema,
  type Result,
  type ReviewRequest,
  resultSchema,
  reviewRequestSchema,
  type Severity,
  type Stage,
  severitySchema,
  stages,
  type TaskRequest,
  type TaskState,
  taskRequestSchema,
  taskStateSchema,
} from './vocabulary/task.ts';
export {
  exitCodeTest,
  failingTests,
  isGreen,
  isRepaired,
  isUnfinished,
  type MissingImport,
  missingImportSchema,
  type TestCase,
  type TestReport,
  type TestRunner,
  testCaseSchema,
  testReportSchema,
  testRunnerSchema,
  unfinished,
} from './vocabulary/tests.ts';
export { countOf, printable, printableValue, verdictWords } from './words/words.ts';
