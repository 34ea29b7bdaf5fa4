// The page: puts its parts together. Each part knows its own elements of index.html and its Worker.
import { find } from './parts/dom.ts';
import { TrainPart } from './parts/train.ts';
import { WritePart } from './parts/write.ts';

// What no part has expected is said, not hidden.
function showFailure(words: string): void {
  const place = find('failure', HTMLElement);
  place.textContent = `Something in this page failed: ${words}. Reload it to begin anew.`;
  place.hidden = false;
}

addEventListener('error', ({ message }) => showFailure(message));
addEventListener('unhandledrejection', ({ reason }) => showFailure(String(reason)));

const writing = new WritePart();
writing.training = new TrainPart([writing.watcher]);
