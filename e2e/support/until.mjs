// Waits until something is so, and resolves with what it gives. What fails meanwhile may come right; at last it is the reason.
export async function until(isSo, { limit = 30_000, pause = 50 } = {}) {
  const deadline = Date.now() + limit;
  for (;;) {
    let failure;
    try {
      const given = await isSo();
      if (given) return given;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure ?? new Error(`not within ${limit} ms: ${isSo}`);
    await new Promise((wake) => setTimeout(wake, pause));
  }
}
