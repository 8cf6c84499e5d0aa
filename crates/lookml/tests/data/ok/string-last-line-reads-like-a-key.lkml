description: "Numbers are
  final:"
label: "x"
hint: "one
  note: " hidden: yes
