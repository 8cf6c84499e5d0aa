description: "one
  two

  three: four"
hidden: yes
