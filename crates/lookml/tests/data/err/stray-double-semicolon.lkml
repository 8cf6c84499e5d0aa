view: v {
  type: number ;;
  hidden: yes
}
