a: : b
hidden: yes
