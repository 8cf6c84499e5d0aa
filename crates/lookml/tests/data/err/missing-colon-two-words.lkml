type: left outer
hidden: yes
