// What somebody has to do on the way through pages, counted by the pages themselves.

/**
 * From now on every page writes down what its person does: each tap on something, each Enter or space on a button, each
 * field that is filled. A field with the Enter that ends it is one thing, and so is the tap that goes to it. What scripts do
 * by themselves is not counted. Gives the list, which grows.
 */
export async function countSteps(page) {
  const steps = [];
  await page.exposeBinding('noteStep', (_, step) => { steps.push(step); });
  await page.addInitScript(() => {
    const filled = new Set();
    const isField = (target) => target.matches('input:not([type=checkbox], [type=radio], [type=submit]), textarea, select');
    const name = (target) => `#${(target.closest('[id]') ?? document.body).id}`;
    const note = (event, what) => event.isTrusted && window.noteStep(`${what} ${name(event.target)}`);
    const listen = (kind, heard) => addEventListener(kind, heard, { capture: true });
    // Enter makes the browser click the form's button: that click has no pointer.
    listen('click', (event) => event.pointerType && !isField(event.target) && note(event, 'tap'));
    listen('keydown', (event) => ['Enter', ' '].includes(event.key) && !isField(event.target) && note(event, 'key'));
    listen('input', (event) => {
      if (!filled.has(event.target)) note(event, 'field');
      filled.add(event.target);
    });
  });
  return steps;
}
