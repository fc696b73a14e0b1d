"""Prints in which languages of an archive there is a word."""

import sys
import tarfile

archive, word = sys.argv[1:]
with tarfile.open(archive) as tar:
    for name in sorted(tar.getnames()):
        if word in tar.extractfile(name).read().decode().splitlines():
            print(name.removesuffix(".dict"))
            break
    else:
        print("nowhere")
