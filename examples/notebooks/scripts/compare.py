import sys

print("compare.py", *sys.argv[1:])
