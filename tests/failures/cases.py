"""Every way in which a run fails, and how to make it fail so: the rows of the README's table."""
import dataclasses
import typing

import machines
from machines import DEVICE_FILES, DOCKER, WHOLE, driver, gpu_on_pci, kernel_log, loaded

GPU = "GPU-00000000-0000-0000-0000-000000000000"
KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "NODE_NAME": "gpu-node-7", "POD_NAME": "mnist-demo-x"}
TRAINING = ("--model", "mlp", "--max_steps", "20", "--eval_every", "10", "--device", "cuda")


@dataclasses.dataclass
class Case:
    title: str
    code: int
    says: typing.Sequence[str]          # what the last line holds, cause and remedy
    files: dict = dataclasses.field(default_factory=lambda: WHOLE)  # of the machine
    fail: str = ""                      # FUNCTION=CODE
    tamper: str = ""
    hang: str = ""
    driver_cuda: int = 13000            # the newest that the driver can run; 0: there is none
    variables: dict = dataclasses.field(default_factory=dict)
    nvml: typing.Optional[str] = None   # what NVML tells; None: there is no NVML
    arguments: typing.Sequence[str] = ()
    on: str = "stand-ins"               # or "cpu": the real program without a GPU
    signal: int = 0                     # sent once it trains
    stdout: str = ""                    # a file instead of a pipe
    offline: bool = False               # without a network, where the machine lets us take it away

    def starts_with(self):
        """What the driver's start returns, of a failure that the real CUDA runtime can be made to meet."""
        function, _, code = self.fail.partition("=")
        return int(code) if function == "cudaGetDeviceCount" and self.driver_cuda > 0 else None


# Seconds until a deadline that is to pass while a GPU is at work: time enough to get there on a machine that is busy.
SOON = "10"

# What NVML is asked of a GPU's health.
HEALTH = ("FieldValues", "RemappedRows", "RetiredPages", "RetiredPagesPendingStatus", "TotalEccErrors",
          "TemperatureThreshold", "MaxPcieLinkWidth", "MaxPcieLinkGeneration", "MigMode", "PersistenceMode")


def start(code, title, exit_code, says, **more):
    """CUDA's first call returns `code`."""
    return Case(title, exit_code, says, fail=f"cudaGetDeviceCount={code}", **more)


def health(title, exit_code, says, nvml, strict=False, soak=False, deadline=False, **more):
    """NVML tells `nvml`."""
    return Case(title, exit_code, says, nvml=f"uuid={GPU}\n{nvml}\n",
                arguments=[*(["--strict"] if strict else []), *(["--soak", "2.5"] if soak else []),
                           *(["--deadline", SOON] if deadline else [])], **more)


CASES = [
    # Nothing that could be used.
    start(35, "no GPU in the machine", 10, ["no GPU in this machine", "node pool"], files={}, driver_cuda=0),
    start(35, "a GPU without a driver", 10, ["no driver", "0000:65:00.0", "modprobe nvidia"],
          files=gpu_on_pci(), driver_cuda=0),
    start(35, "a GPU that docker was not told to pass in", 10, ["not passed into this container", "--gpus all"],
          files={**gpu_on_pci(), **driver(), **DOCKER}, driver_cuda=0),
    start(35, "a pod that requests no GPU", 10, ["not passed into this container", "nvidia.com/gpu: 1"],
          files={**gpu_on_pci(), **driver()}, driver_cuda=0, variables=KUBERNETES),
    start(35, "a driver without its libcuda", 10, ["the libcuda.so.1 of driver 580.65.06"], driver_cuda=0),
    start(35, "a container without the driver's libcuda", 10, ["NVIDIA_DRIVER_CAPABILITIES=compute,utility"],
          files={**WHOLE, **DOCKER}, driver_cuda=0),
    start(100, "GPUs hidden by CUDA_VISIBLE_DEVICES", 10, ["CUDA_VISIBLE_DEVICES"],
          variables={"CUDA_VISIBLE_DEVICES": ""}),
    start(100, "no /dev/nvidia*", 10, ["/dev/nvidia"], files={**gpu_on_pci(), **driver()}),
    Case("a GPU that is not there", 10, ["there is no cuda:7"], arguments=["--device", "cuda:7"]),
    start(100, "a compat libcuda that is too new for the GPU", 10, ["compat"],
          files={**WHOLE, **loaded("/usr/local/cuda/compat/libcuda.so.580.65.06")}),
    start(3, "nvidia_uvm is not loaded", 10, ["modprobe nvidia_uvm"],
          files={**gpu_on_pci(), "sys/module/nvidia/version": "580.65.06\n", "dev/nvidia0": ""}),
    start(999, "nvidia_uvm is broken", 10, ["nvidia_uvm"]),
    start(999, "a container that lost its devices", 10, ["daemon-reload", "CDI"],
          files={**WHOLE, **DOCKER, "dev/nvidiactl": 0o666}),
    # The driver.
    start(35, "a driver that is older than the build's CUDA", 11, ["535.104.05", "580.65", "12.9"],
          files={**gpu_on_pci(), **driver("535.104.05"), **DEVICE_FILES}, driver_cuda=12020),
    *[start(code, title, 11, ["535.104.05", "12.2", "13.0"], driver_cuda=12020,
            files={**gpu_on_pci(), **driver("535.104.05"), **DEVICE_FILES})
      for code, title in [(36, "a call that needs a newer driver"), (222, "PTX that is newer than the driver")]],
    start(804, "a compat libcuda on a GPU that it does not support", 11, ["compat"]),
    start(35, "a GPU that the build has no code for, and an old driver", 11, ["CUDA 12.9", "no code for Volta"],
          files={**gpu_on_pci("0x1db4"), **driver("535.104.05"), **DEVICE_FILES}, driver_cuda=12020),
    start(34, "the toolkit's stub of the driver", 12, ["lib/stubs"]),
    start(803, "libcuda and kernel driver differ", 12, ["580.65.06"]),
    start(803, "libcuda and kernel driver differ, in a container", 12, ["restart the container", "restart the node"],
          files={**WHOLE, **DOCKER}),
    # What NVML says of it, where CUDA knows no more than that something is wrong.
    *[start(999, title, code, says, nvml=f"result.nvmlInit_v2={number}")
      for title, code, says, number in [("NVML finds no driver", 10, [], 9),
                                        ("NVML lacks its library", 10, [], 12),
                                        ("NVML may not look at the GPU", 16, [], 4),
                                        ("NVML lost its control group", 16, [], 17),
                                        ("NVML and the kernel's driver differ", 12, [], 18),
                                        ("NVML finds the GPU off the bus", 20, [], 15),
                                        ("NVML finds that the GPU requires a reset", 20, [], 16)]],
    # The GPU and this program.
    Case("a GPU that the build has no code for", 13, ["sm_80", "MNIST_CUDA_ARCHITECTURES"], fail="launch=209"),
    Case("a cuDNN without code for the GPU", 13, ["cuDNN"], fail="cudnnCreate=3007"),
    Case("a cuBLAS without code for the GPU", 13, ["cuBLAS"], fail="cublasCreate=8"),
    Case("any other error of CUDA", 1, ["cudaErrorInvalidResourceHandle (400)", "after step 0"],
         fail="cudaGraphLaunch=400", arguments=["--eval_every", "0"]),
    Case("no cuBLAS or cuDNN", 10, ["install cuBLAS"], variables={"MNIST_STAND_IN_NO_LIBRARIES": "1"}),
    Case("a cuDNN of several versions", 10, ["of one version"], fail="cudnnCreate=1002"),
    *[Case(f"a cuDNN that lacks a part ({code})", 10, ["all of cuDNN's libraries"], fail=f"cudnnCreate={code}")
      for code in (1008, 3009)],
    start(802, "the fabric manager does not run", 14, ["nvidia-fabricmanager"]),
    start(805, "no connection to MPS", 14, ["MPS"]),
    start(806, "MPS does not answer", 14, ["MPS"]),
    start(807, "MPS is not ready", 14, ["MPS"]),
    start(810, "MPS ended this client", 14, ["MPS"]),
    start(46, "compute mode: exclusive or prohibited", 15, ["compute mode"]),
    start(46, "compute mode: prohibited", 15, ["compute mode prohibited", "nvidia-smi -c DEFAULT"],
          nvml=f"uuid={GPU}\ncompute_mode=2\n"),
    health("compute mode: exclusive", 15, ["exclusive process", "nvidia-smi -c DEFAULT"],
           "compute_mode=3\nprocesses=1", fail="cudaMalloc=46"),
    start(808, "MPS has all the clients that it takes", 15, ["MPS"]),
    start(809, "MPS has all the connections that it takes", 15, ["MPS"]),
    start(304, "the operating system refused", 16, ["/dev/nvidia"]),
    start(304, "device files that this user may not open", 16, ["/dev/nvidiactl is", "let this user read and write"],
          files={**WHOLE, "dev/nvidiactl": 0o600}),
    start(800, "the GPU is not permitted", 16, ["/dev/nvidia"]),
    Case("out of device memory", 17, ["MiB"], fail="cudaMalloc=2"),
    # The hardware.
    start(214, "an uncorrectable ECC error", 20, ["ECC"]),
    start(214, "an uncorrectable ECC error, and what NVML wants done", 20, ["recovery action 2", "reboot the node"],
          nvml=f"uuid={GPU}\nrecovery_action=2\n"),
    start(220, "an NVLink error", 20, ["NVLink"]),
    Case("a kernel faulted, and the GPU fell off the bus", 20, ["79"], fail="cudaGraphLaunch=719",
         files={**WHOLE, **kernel_log(79)}),
    *[Case(f"a kernel faulted, and the GPU looks well ({code})", 70, [], fail=f"cudaGraphLaunch={code}")
      for code in (226, 700, 710, 719)],
    health("NVML wants the GPU to be recovered", 20, ["recovery"], "recovery_action=1"),
    health("row remapping failed", 20, ["remap"], "remapped=0 0 0 1"),
    health("row remapping waits for a reset", 20, ["remap"], "remapped=0 1 1 0"),
    health("512 uncorrectable remapped rows", 20, ["512"], "remapped=0 512 0 0"),
    health("63 retired pages", 20, ["63"], "retired=60 3"),
    health("retired pages wait for a reset", 20, ["retire"], "retirement_pending=1"),
    health("new double-bit errors during the run", 20, ["double-bit"],
           "double_bit_errors=1\ndouble_bit_errors_later=3"),
    health("an Xid of the hardware during the run", 20, ["79"], "xid=79"),
    health("the GPU is off the bus (NVML)", 20, [], "result.nvmlDeviceGetTemperature=15"),
    health("the GPU requires a reset (NVML)", 20, [], "result.nvmlDeviceGetTemperature=16"),
    # With --strict.
    *[health(title, 21, [], nvml, strict=True, soak=True)
      for title, nvml in [("the GPU slows down (hardware)", "reasons=0x8"),
                          ("the GPU slows down (software, for its temperature)", "reasons=0x20"),
                          ("the GPU slows down for its temperature", "reasons=0x40"),
                          ("the GPU slows down for want of power", "reasons=0x80"),
                          ("the GPU is too hot", "temperature=99"),
                          ("the GPU's memory is too hot", "memory_temperature=120"),
                          ("an older PCIe generation than both ends know", "generation=3")]],
    health("an Xid of an application", 21, ["31"], "xid=31", strict=True),
    health("double-bit errors from before", 21, ["double-bit"], "double_bit_errors=1", strict=True),
    health("fewer PCIe lanes than there are", 21, ["PCIe", "8"], "width=8", strict=True),
    health("others use the GPU", 15, ["process"], "processes=2", strict=True, variables=KUBERNETES),
    Case("more GPUs than expected, with --strict", 1, ["2 GPUs"], arguments=["--strict", "--expect_gpus", "1"]),
    # NVML, while CUDA works.
    health("NVML and its driver differ, and CUDA works", 12, ["version mismatch"], "result.nvmlInit_v2=18"),
    health("the GPU left the bus while it trained", 20, ["bus"], "result_later.nvmlDeviceGetPowerUsage=15",
           fail="cudaGraphLaunch=719"),
    health("NVML fell silent while the GPU trained", 21, ["nothing after it", "daemon-reload"],
           "\n".join(f"result_later.nvmlDeviceGet{name}=999" for name in HEALTH), strict=True),
    # Numbers.
    Case("wrong numbers", 30, [], tamper="sgemm,product,1,30"),
    Case("a loss that is not finite", 30, ["not a finite number"], arguments=["--learning_rate", "1e30"]),
    Case("accuracy below what was asked", 31, ["was asked for"], arguments=["--min_accuracy", "1"]),
    Case("not reproducible", 32, ["step"], tamper="AdamUpdate,parameters,45,31", arguments=["--repeat", "3"]),
    *[Case(f"slower than was asked ({flag})", 21, [unit], arguments=[flag, "1e9"])
      for flag, unit in [("--min_h2d", "GB/s"), ("--min_d2d", "GB/s"), ("--min_tflops", "TFLOP/s")]],
    Case("fewer GPUs than expected", 10, ["8"], arguments=["--expect_gpus", "8"]),
    *[Case(title, code, says, tamper=tamper, fail=fail, arguments=["--device", "all"],
           variables={"MNIST_STAND_IN_GPU_NAME": "NVIDIA H200"})
      for title, code, says, tamper, fail in [
          ("of several GPUs one computes other bits", 32, ["cuda:0", "cuda:1"], "AdamUpdate,parameters,10,0,1", ""),
          ("of several GPUs one computes wrongly", 30, ["cuda:1"], "sgemm,product,1,30,1", "")]],
    # Time, and signals.
    Case("a call of CUDA hangs while training", 50, ["training"], hang="cudaGraphLaunch",
         arguments=["--deadline", SOON]),
    health("the GPU was known to fail when a call hung", 20, ["79"], "xid=79", hang="cudaGraphLaunch",
           deadline=True),
    Case("of several GPUs one hangs", 50, ["cuda:0", "a GPU that hangs", "training"], hang="cudaGraphLaunch,0",
         arguments=["--device", "all", "--max_steps", "1000000000", "--deadline", SOON]),
    Case("of several GPUs one was known to fail when the deadline came", 20, ["cuda:0", "recovery"],
         nvml=f"uuid={GPU}\nuuid={GPU[:-1]}1\nrecovery_action=1\n",
         arguments=["--device", "all", "--max_steps", "1000000000", "--deadline", SOON]),
    health("NVML hangs", 50, ["looking for GPUs"], "hang=nvmlDeviceGetRemappedRows", deadline=True),
    Case("SIGINT", 130, ["SIGINT", "training"], signal=2, arguments=["--max_steps", "1000000000"]),
    Case("SIGTERM", 143, ["SIGTERM", "training"], signal=15, arguments=["--max_steps", "1000000000"]),
    # Without a GPU.
    Case("a flag that there is not", 2, ["did you mean --max_steps?"], on="cpu", arguments=["--max_step", "3"]),
    Case("a report on a full disk", 1, ["/dev/full", "No space left"], on="cpu", arguments=["--json", "/dev/full"]),
    Case("a report that could not be written", 2, ["--json"], on="cpu", arguments=["--json", "/no/such/r.json"]),
    Case("standard output on a full disk", 1, ["full disk"], on="cpu", stdout="/dev/full"),
    Case("no data", 40, ["--mirror"], on="cpu",
         offline=True,
         arguments=["--dataset", "mnist", "--data_dir", "EMPTY", "--mirror", "file:///nowhere"]),
    Case("a mirror that does not answer", 50, ["getting the data", "--mirror", "network"], on="cpu",
         arguments=["--dataset", "mnist", "--data_dir", "EMPTY", "--mirror", "SILENT", "--deadline", SOON]),
    Case("data that is not MNIST", 41, ["not mnist's"], on="cpu", arguments=["--dataset", "mnist"]),
]
