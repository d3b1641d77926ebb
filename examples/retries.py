"""Retries: how long to wait, which errors are worth another try, and what became of each attempt.

$ python examples/retries.py
the plan: 0.1, 0.2, 0.4 s
attempt 1: failed (ConnectionError: the line is busy)
attempt 2: failed (ConnectionError: the line is busy)
attempt 3: success
a wrong number is not tried again: 1 attempt
"""

from flowlite import Context, Fail, Retry, dag, run, task

# A waiting retry holds no slot and no thread, and in the daemon its time survives a restart.
patient = Retry(3, backoff="exponential", delay=0.1, on=(ConnectionError,))


@task(retries=patient)
def call(ctx: Context) -> str:
    if ctx.attempt < 3:
        raise ConnectionError("the line is busy")
    return "hello"


@task(retries=patient)
def misdial() -> None:
    raise Fail("there is no such number")  # Fail ends it at once, whatever the policy says


@dag
def phone_calls():
    call()
    misdial()


if __name__ == "__main__":
    print("the plan:", ", ".join(f"{patient.delay_before(n):g}" for n in (1, 2, 3)), "s")
    done = run(phone_calls)
    for attempt in done.tasks["call"][0].attempts:
        why = f" ({attempt.error})" if attempt.error else ""
        print(f"attempt {attempt.number}: {attempt.outcome}{why}")
    print("a wrong number is not tried again:", len(done.tasks["misdial"][0].attempts), "attempt")
