view v {
  label "x"
  hidden: yes
}
