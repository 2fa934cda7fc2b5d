"""The group of processes that train together: one, unless torchrun started more."""

import os
from typing import Any

import deepspeed.ops
import torch
import torch.distributed
from torch.distributed import HashStore  # type: ignore[attr-defined]


def join_process_group() -> None:
    """Join the group that torchrun describes in the environment, or create a group of one.

    Once per process: DeepSpeed keeps groups of its own that outlive a destroyed one.
    """
    if torch.distributed.is_initialized():
        return
    # DeepSpeed compiles its shared-memory all-reduce at first use, which takes 38 s and a
    # C++ compiler. Gloo is fast enough for matrices as small as LoRA's.
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    cuda = torch.cuda.is_available()
    backend = "nccl" if cuda else "gloo"
    if "RANK" not in os.environ:
        # Created here, because DeepSpeed would need a port or mpi4py; now it reads only
        # the number of this process's device.
        os.environ["LOCAL_RANK"] = "0"
        store = HashStore()
        torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)
        return
    if cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    torch.distributed.init_process_group(backend)


def from_first(value: Any) -> Any:
    """Return the first process's `value` in all processes; blocks until it is sent."""
    holder = [value]
    torch.distributed.broadcast_object_list(holder, src=0)
    return holder[0]
