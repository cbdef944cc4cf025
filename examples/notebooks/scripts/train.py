import sys

print("train.py on", sys.argv[1:] or "nothing")
