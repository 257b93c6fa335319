# The stock report. Some of it is wrong on purpose.
require "yaml"

class StockReportController < ApplicationController
  def index
    @items = Item.where(shop: params[:shop])
  end

  def search
    @items = Item.where("name LIKE '%#{params[:name]}%'").order(:name)
  end

  def settings
    @settings = YAML.load(params[:settings])
  end

  def defaults
    @settings = YAML.safe_load_file("config/defaults.yml")
  end

  def print
    system("lp -d #{params[:printer]} stock.pdf")
  end

  def print_all
    system("lp", "-d", "office", "stock.pdf")
  end

  def done
    redirect_to params[:back]
  end

  def title
    "<h1>Stock of #{params[:shop]}</h1>".html_safe
  end
end
