view: v {
  fields: [a, [b
}
hidden: yes
