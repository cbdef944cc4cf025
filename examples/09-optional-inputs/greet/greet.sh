title=""
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=$2 ;;
    --title) title="$2 " ;;
    --times) times=$2 ;;
  esac
  shift 2
done
for _ in $(seq "$times"); do echo "Hello $title$name"; done
