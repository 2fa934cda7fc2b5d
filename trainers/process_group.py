"""The processes that train together: one, unless torchrun started more."""

import os
from typing import Any

import deepspeed.ops
import torch
import torch.distributed
from torch.distributed import HashStore  # type: ignore[attr-defined]


def join_process_group() -> None:
    """Join the group torchrun described in the environment, or make one of one.

    Once a process: DeepSpeed keeps groups of its own that outlive a destroyed one.
    """
    if torch.distributed.is_initialized():
        return
    # Its all-reduce through shared memory is compiled at first use: 38 s, and a C++
    # compiler. Gloo is quick enough for matrices as small as LoRA's.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    cuda = torch.cuda.is_available()
    backend = "nccl" if cuda else "gloo"
    if "RANK" not in os.environ:
        # Made here, because DeepSpeed would want a port, or else mpi4py; it asks only
        # for the number of this process's device.
        os.environ["LOCAL_RANK"] = "0"
        alone = HashStore()
        torch.distributed.init_process_group(backend, store=alone, rank=0, world_size=1)
        return
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group(backend)


def from_first(value: Any) -> Any:
    """Return the first process's `value` in all of them; blocks until it gives one."""
    holder = [value]
    torch.distributed.broadcast_object_list(holder, src=0)
    return holder[0]
