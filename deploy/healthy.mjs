/** A container's health check: whether this service says that it is ready. It answers on the port that all images use. */
const answer = await fetch('http://127.0.0.1:8080/health/ready').catch((error) => ({ status: error.message }));
if (answer.ok !== true) {
  console.error(`not ready: ${answer.status}`);
  process.exit(1);
}
