import { defaultConfig, type EmbedderConfig } from './config.js';
export function readConfigFile(_file: string): EmbedderConfig {
  return defaultConfig();
}
