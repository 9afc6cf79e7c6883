#!/usr/bin/env node
// The command as it is installed: it is there before anything is built, so that package managers can link it.
import '../dist/main.js';
