{ a: 1 }
hidden: yes
