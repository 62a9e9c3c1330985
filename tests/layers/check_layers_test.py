"""The checker itself: it must find each kind of violation, and nothing in a sound tree."""

import pathlib
import tempfile
import unittest

import check_layers


class Links(unittest.TestCase):
    def test_sound_graph(self):
        text = "base: fmt::fmt\nio: kdseg_compile_options kdseg_base kdseg_hdf5\n"
        self.assertEqual(check_layers.check_links(text), [])

    def test_edges_outside_the_table(self):
        self.assertIn("lib/io links image", check_layers.check_links("io: kdseg_image")[0])
        self.assertIn("lib/models links prepare", check_layers.check_links("models: kdseg_prepare")[0])
        self.assertIn("not in the table", check_layers.check_links("helpers: kdseg_base")[0])

    def test_external_libraries(self):
        self.assertIn("links HDF5", check_layers.check_links("models: kdseg_hdf5")[0])
        self.assertIn("links LibTorch", check_layers.check_links("intake: kdseg_torch")[0])
        self.assertIn("links Boost", check_layers.check_links("io: Boost::program_options")[0])
        self.assertIn("links ITK", check_layers.check_links("io: ITKCommon")[0])

    def test_every_folder_of_the_table_exists_in_it(self):
        for links in check_layers.ALLOWED.values():
            for link in links.split():
                self.assertIn(link, check_layers.ALLOWED)


class Includes(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check_layers.check_includes(root)

    def test_sound_tree(self):
        self.assertEqual(
            self.problems(
                {
                    "lib/base/text.h": "#include <string>\n",
                    "lib/image/scan.cpp": '#include "base/text.h"\n#include <itkImage.h>\n',
                    "lib/train/loop.cpp": '#include "io/tree.h"\n#include <ATen/core/Tensor.h>\n',
                    "tools/phantom.cpp": '#include "base/text.h"\n',
                }
            ),
            [],
        )

    def test_folder_that_may_not_be_seen(self):
        found = self.problems({"lib/io/a.cpp": '  #  include "models/network.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("lib/io may not see models", found[0])

    def test_external_headers(self):
        for folder, header in [
            ("io", "<itkImage.h>"),
            ("models", "<hdf5.h>"),
            ("image", "<H5Fpublic.h>"),
            ("io", "<boost/program_options.hpp>"),
            ("prepare", "<torch/nn/module.h>"),
            ("prepare", "<ATen/ops/add.h>"),
        ]:
            self.assertEqual(len(self.problems({f"lib/{folder}/a.cpp": f"#include {header}\n"})), 1)

    def test_both_itk_and_torch_through_headers(self):
        found = self.problems(
            {
                "lib/image/scan.h": "#include <itkImage.h>\n",
                "lib/tensor/types.h": "#include <ATen/core/Tensor.h>\n",
                "tests/unit/x_test.cpp": '#include "image/scan.h"\n#include "tensor/types.h"\n',
            }
        )
        self.assertEqual(found, ["tests/unit/x_test.cpp sees both ITK and LibTorch"])

    def test_programs(self):
        found = self.problems(
            {
                "lib/tensor/types.h": "#include <ATen/core/Tensor.h>\n",
                "tools/evaluate.cpp": '#include "tensor/types.h"\n',
                "tools/distill.cpp": "#include <torch/torch.h>\n",
            }
        )
        self.assertEqual(len(found), 2)
        self.assertIn("tools/distill.cpp includes torch/torch.h", found[0])
        self.assertIn("evaluate must start without it", found[1])


if __name__ == "__main__":
    unittest.main()
