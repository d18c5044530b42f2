// The way to Python: one request at a time, each with its reply. A page that has gone away must not be waited for.
const REPLY_TIMEOUT_MS = 45_000;
const requests = {
  send: null, slow: "", last: Date.now(), queue: [], current: null,

  // The reply's value, or an error with the sentence for the reader. A waiting request of the same lane is dropped.
  ask(request, lane = null) {
    return new Promise((resolve, reject) => {
      if (lane) this.queue = this.queue.filter((waiting) => waiting.lane !== lane);
      this.queue.push({ id: (this.last += 1), request, lane, resolve, reject });
      this.sendNext();
    });
  },

  sendNext() {
    if (this.current || this.queue.length === 0 || !this.send) return;
    const current = (this.current = this.queue.shift());
    current.timer = setTimeout(() => this.receive({ id: current.id, error: this.slow }), REPLY_TIMEOUT_MS);
    this.send({ id: current.id, request: current.request });
  },

  receive(reply) {
    const current = this.current;
    if (!reply || !current || reply.id !== current.id) return;
    clearTimeout(current.timer);
    this.current = null;
    if (reply.error) current.reject(Object.assign(new Error(reply.error), { detail: reply.detail }));
    else current.resolve(reply.value);
    this.sendNext();
  },
};
