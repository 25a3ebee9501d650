export { type BlobContent, type Blobs, getJson, hashJson, putJson } from './blobs/blobs.ts';
export { openFolderBlobs } from './blobs/folder-blobs.ts';
export { createJournal, type JournalOptions, taskStream } from './journal/create-journal.ts';
export type { Effect, Journal, JournalBoundary, JournalCall, JournalEntry } from './journal/journal.ts';
export { canonicalJson } from './ledger/canonical-json.ts';
export type {
  AppendOptions,
  AppendOutcome,
  ExpectedVersion,
  Ledger,
  LedgerCheck,
  LedgerReader,
} from './ledger/ledger.ts';
export { openSqliteLedger, type SqliteLedgerOptions } from './ledger/sqlite-ledger.ts';
export { openSqliteLedgerReader } from './ledger/sqlite-reader.ts';
export { type ExclusiveLock, takeExclusiveLock } from './locks/exclusive-lock.ts';
export { connectMesh } from './mesh/connect-mesh.ts';
export type { MeshCall, MeshConnection, MeshHandler, MeshHealth, MeshServer } from './mesh/mesh.ts';
export { meshHandler, type ServeMeshOptions, serveMesh } from './mesh/unix-socket-mesh.ts';
