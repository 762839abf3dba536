"""PyTorch by hand on bfloat16 operands, for processors with matrix units (AMX) or AVX512-BF16; others emulate it.

Parameters, gradient sums and optimiser state stay float32. Before each step the weights are rounded to bfloat16; in it,
activations are rounded before each product. A tile's logits are bfloat16 too: the compiled loss reads them, computes in
float32 and writes the gradient in their place, so no pass only converts.
"""

import torch

from benchmarks.peers import torch_by_hand

bf16 = torch.bfloat16


class ByHandBfloat16(torch_by_hand.ByHand):
    comparable, note, logit_type = False, "products in bfloat16", bf16

    def step(self, rows):
        self.low = {name: tensor.to(bf16) for name, tensor in self.tensors.items() if name != "features.W"}
        return super().step(rows)

    def between(self, h, name):
        return torch.addmm(self.low[f"{name}.b"], h.to(bf16), self.low[f"{name}.W"]).float()

    def between_backward(self, name, inputs, dz):
        dz = dz.to(bf16)
        self.tensors[f"{name}.W"].grad.add_(torch.mm(inputs.to(bf16).t(), dz))
        return torch.mm(dz, self.low[f"{name}.W"].t()).float()

    def logits(self, h, tile, z):
        return torch.addmm(self.low["labels.b"][tile], h.to(bf16), self.low["labels.W"][tile].t(), out=z)

    def labels_backward(self, z, h, tile, scale, dh):
        self.tensors["labels.W"].grad[tile].add_(torch.mm(z.t(), h.to(bf16)), alpha=scale)
        dh.add_(torch.mm(z, self.low["labels.W"][tile]))
