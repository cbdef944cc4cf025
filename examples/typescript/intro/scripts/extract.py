print("extract.py")
