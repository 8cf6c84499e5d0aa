[ a, b ]
hidden: yes
