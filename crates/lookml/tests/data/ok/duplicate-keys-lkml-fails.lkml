view: v {
  label: "a"
  label: "b"
  hidden: yes
  hidden: no
}
