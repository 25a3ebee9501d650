export type { ToolContext } from './tool-context.ts';
export { type CodeTool, createCodeTools } from './tools.ts';
