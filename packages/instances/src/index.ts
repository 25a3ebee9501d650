export { gitCommitFiles } from './environment/commit-files.ts';
export type { EnvironmentMounts } from './environment/environment-mounts.ts';
export {
  createEnvironments,
  type EnvironmentOptions,
  type Environments,
} from './environment/environments.ts';
export { createBubblewrapDriver } from './sandbox/bubblewrap-driver.ts';
export type { Mount, SandboxDriver, SandboxEnd, SandboxProcess, SandboxStart } from './sandbox/driver.ts';
export { fileName, installationTarget } from './sandbox/layout.ts';
export { createPlainDriver } from './sandbox/plain-driver.ts';
export type { RunnerNews } from './sandbox/runner-client.ts';
export type { SandboxCall } from './sandbox/sandbox.ts';
export { Sandboxes, type SandboxesOptions, type SandboxOutcome } from './sandbox/sandboxes.ts';
export { findToolchain, type Toolchain } from './sandbox/toolchain.ts';
export { readIfThere, writeWhole } from './supervision/atomic-file.ts';
export { identify, type ProcessIdentity } from './supervision/processes.ts';
export {
  type Applied,
  type ApplyRequest,
  type Capture,
  type CloneRequest,
  createWorkspaces,
  type DeliverRequest,
  type GateRequest,
  type ImportRequest,
  type Workspaces,
  type WorkspacesOptions,
} from './workspace/workspaces.ts';
