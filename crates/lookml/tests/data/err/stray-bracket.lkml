view: v {
  ]
  hidden: yes
}
