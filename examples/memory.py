"""A process of its own: it can be killed, has a memory limit, and gets more on the next try.

$ python examples/memory.py
attempt 1: out_of_memory
attempt 2: success
300 MiB were filled
"""

from flowlite import Retry, dag, run, task


# 200 MiB at first; after an attempt that was killed for memory, four times as much.
@task(isolation="process", memory="200MiB", retries=Retry(1, delay=0, memory_factor=4))
def fill(mebibytes: int) -> str:
    block = bytearray(mebibytes << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    return f"{len(block) >> 20} MiB were filled"


@dag
def hungry():
    fill(300)


if __name__ == "__main__":
    done = run(hungry)
    for attempt in done.tasks["fill"][0].attempts:
        print(f"attempt {attempt.number}: {attempt.outcome}")
    print(done["fill"])
