: a
hidden: yes
