export type { ToolContext } from './tool-context.ts';
export { type CodeTool, type CodeToolName, createCodeTools } from './tools.ts';
